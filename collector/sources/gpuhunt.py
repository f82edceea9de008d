"""What machines with accelerators cost to rent by the hour, from gpuhunt's public catalog."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from collector.formats import number
from collector.source import Page, Source, Terms
from market.errors import SourceChanged
from market.records import Record, Rental, UnknownKey

HOME = "https://dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3"
PROVIDERS = ("aws", "azure", "cloudrift", "gcp", "lambdalabs", "nebius", "oci", "runpod", "verda")
NEEDED = ("instance_name", "location", "price", "gpu_count", "gpu_name", "gpu_memory", "spot")
LARGEST = 60_000_000


class GpuHunt(Source):
    """What machines with accelerators cost to rent, cloud by cloud; no model is priced here.

    Source: per provider a file that names the newest version, and under that version a zip with one CSV file.
    Unit: USD an hour for the whole machine.
    Grain: a rental per machine, region, and whether it may be taken back (spot); machines without accelerators are left out.
    Lists: every machine of nine clouds whose catalog is published as a file; marketplaces that must be asked live are not there.
    """

    name = "gpuhunt"
    start_urls = tuple(f"{HOME}/{provider}/version" for provider in PROVIDERS)
    cadence = "35 5 * * *"
    min_records = 10
    trust = 4
    terms = Terms("none stated for the catalog; its reader is MPL-2.0", "Rental prices: gpuhunt by dstack (github.com/dstackai/gpuhunt)")
    experimental = True

    def links(self, page: Page) -> Iterator[str]:
        """The catalog of the version that a version file names."""
        if page.url.endswith("/version"):
            version = page.body.decode("utf-8", "replace").strip()
            if not version or len(version) > 60 or not version.replace("-", "").replace(".", "").replace("_", "").isalnum():
                raise SourceChanged(f"{page.url} names no version of the catalog ({version[:40]!r})")
            yield f"{page.url.removesuffix('/version')}/{version}/catalog.zip"

    def records(self, page: Page) -> Iterator[Record]:
        if page.url.endswith("/version"):
            return
        provider = urlsplit(page.url).path.split("/")[-3]
        rows = csv.DictReader(io.StringIO(_unpacked(page, f"{provider}.csv")))
        if missing := [name for name in NEEDED if name not in (rows.fieldnames or ())]:
            raise SourceChanged(f"{page.url} has no column {missing[0]}")
        for line, row in enumerate(rows, 2):
            count = number(row["gpu_count"])
            if count == 0:
                continue
            price, memory = number(row["price"]), number(row["gpu_memory"])
            name = (row["gpu_name"] or "").removeprefix("tpu-")
            if not (count and price and price > 0 and name and row["instance_name"] and row["spot"] in ("True", "False")):
                yield UnknownKey("a machine without its price or accelerators", f"{page.url} line {line}")
                continue
            yield Rental(
                provider, row["instance_name"], row["location"] or "", name, int(count), memory or None, row["spot"] == "True", price
            )


def _unpacked(page: Page, name: str) -> str:
    """The text of a file in the zip, bounded: a small zip may unpack to anything.

    Raises:
        SourceChanged: it is no zip, lacks the file, or is too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(page.body)) as archive, archive.open(name) as file:
            found = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, KeyError, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise SourceChanged(f"{page.url} is no zip with {name} ({error})") from None
    if len(found) > LARGEST:
        raise SourceChanged(f"{page.url} unpacks to more than {LARGEST // 10**6} MB")
    return found.decode("utf-8", "replace")
