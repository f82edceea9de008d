#!/bin/sh
# Installs the llama-cpp-python of a lock file, compiled once on a machine: llama.sh LOCK BIN WHEELS
# uv keeps what it compiled only where the index lets files be cached, so the wheel is kept here, in a folder named after all that it
# was made from: the lock's lines, the options, the compiler, the Python and the processor.
set -eu
lock=$1 bin=$2 wheels=$3
wanted=$bin/../llama.txt
sed -n '/^llama-cpp-python==/,/[^\\]$/p' "$lock" >"$wanted"
test -s "$wanted" || exit 0
command -v c++ >/dev/null 2>&1 || {
  echo 'There is no C++ compiler, so llama.cpp and the tests that need it are left out; on Debian and Ubuntu, install g++.'
  exit 0
}
pip() { "$bin/python" -m pip "$@" --quiet --disable-pip-version-check --no-deps; }
mkdir -p "$wheels" 2>/dev/null && test -w "$wheels" || wheels=$bin/../wheels
name=$(
  { cat "$wanted"; echo "${CMAKE_ARGS:-} $(uname -sm)"; c++ --version; "$bin/python" --version
    sed -n '/^\(flags\|Features\)/{p;q;}' /proc/cpuinfo 2>/dev/null || :; } | cksum | tr ' ' -
)
kept=$wheels/$name
if ! ls "$kept"/*.whl >/dev/null 2>&1; then
  echo "Compiling llama.cpp, some minutes, once; kept in $kept …"
  new=$bin/../llama-wheel
  rm -rf "$new"
  pip wheel --require-hashes --wheel-dir "$new" -r "$wanted" || {
    "$bin/uv" pip install --quiet --python "$bin/python" --no-deps --require-hashes -r "$wanted" # where only uv reaches an index
    exit
  }
  mkdir -p "$kept"
  for wheel in "$new"/*.whl; do cp "$wheel" "$kept/.new-$$" && mv "$kept/.new-$$" "$kept/${wheel##*/}"; done
  rm -rf "$new"
fi
pip install --no-index --force-reinstall "$kept"/*.whl || {
  rm -rf "$kept"
  echo 'The kept llama.cpp could not be installed and was removed; once more compiles it anew.' >&2
  exit 1
}
