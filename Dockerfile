# The same installation as `make install`: packages pinned by hash, then the project itself as it lies there.
FROM python:3.13-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 MODELMARKET_HOME=/var/lib/modelmarket

# git reads the past of sources (`modelmarket backfill`).
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/modelmarket --create-home modelmarket

WORKDIR /opt/modelmarket
COPY locks ./locks
RUN pip install --require-hashes -r locks/build.txt && pip install --require-hashes -r locks/runtime.txt

COPY . .
RUN pip install --no-deps --no-build-isolation --no-index --editable . && python -m compileall -q market db collector jobs dashboard

USER 10001:10001
VOLUME /var/lib/modelmarket
EXPOSE 8501
ENTRYPOINT ["modelmarket"]
CMD ["--help"]
