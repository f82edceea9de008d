"""Polite and safe fetching: FAULTS.md section A, items 1 to 10 and 13, and the mirror."""

import gzip
import itertools
import time
import zlib
from collections.abc import Callable
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from scrapy.utils._compression import zstd  # type: ignore[attr-defined]
from sites import Answer, Handler, crawl, serving

from collector.guard import check, public
from collector.mirror import Mirrors
from collector.settings import settings
from market.errors import MarketError, Misused

BRISK: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "RETRY_BACKOFF": 0.05}
ALLOW: Answer = (200, {}, b"User-agent: *\nAllow: /\n")
FORBID: Answer = (200, {}, b"User-agent: *\nDisallow: /private\n")


def pages(answers: dict[str, Answer], robots: Answer = ALLOW) -> Callable[[Handler], Answer]:
    """A site that answers from a table."""
    return lambda asked: ({"/robots.txt": robots} | answers).get(asked.path, (404, {}, b""))


def error(outcome: dict[str, Any], kind: str) -> str:
    """The one sentence of a failure, which must be of this kind."""
    assert kind in outcome.get("kinds", ()), outcome
    assert "\n" not in outcome["error"] and "Traceback" not in outcome["error"]
    return str(outcome["error"])


@pytest.mark.parametrize("stock", [True, False])
def test_fault_01_concurrent_requests_wait_for_robots(stock: bool) -> None:
    def answer(asked: Handler) -> Answer:
        if asked.path == "/robots.txt":
            time.sleep(0.3)
        return FORBID if asked.path == "/robots.txt" else (200, {}, b"secret")

    with serving(answer) as site:
        host = "127.0.0.1" if stock else "site.test"
        urls = [site.url(f"/private/{n}", host) for n in range(8)]
        many = {"CONCURRENT_REQUESTS_PER_DOMAIN": 8, "ROBOTSTXT_OBEY": True}
        outcomes = crawl(urls, sites=(site,), stock=stock, **BRISK | many)["pages"]
    if stock:
        assert site.paths("/private"), "Scrapy has lost its race: the subclass in collector/robots.py may go"
        return
    assert site.paths() == [] and len(site.visits) == 1
    assert all("forbids" in error(outcomes[url], "RobotsRefused") for url in urls)


def test_fault_02_no_robots_answer_means_no() -> None:
    def answer(asked: Handler) -> Answer:
        if asked.path != "/robots.txt":
            return 200, {}, b"page"
        host = asked.headers["Host"].partition(":")[0]
        if host == "hang.test":
            time.sleep(4)
        return {"500.test": 500, "429.test": 429, "404.test": 404, "403.test": 403}.get(host, 200), {}, b"Disallow: /"

    hosts = ["500.test", "429.test", "hang.test", "404.test", "403.test"]
    with serving(answer) as site:
        urls = [site.url("/page", host) for host in hosts] + ["http://gone.test:1/page"]
        dns = {"gone.test": ["127.0.0.1"]}
        gone = type(site)(port=1)
        outcomes = crawl(urls, sites=(site, gone), dns=dns, env={"MODELMARKET_TIMEOUT": "1.5"}, **BRISK)["pages"]
    assert {v.host for v in site.visits if v.path == "/page"} == {"404.test", "403.test"}
    said = {host: outcomes[site.url("/page", host)] for host in hosts}
    assert said["404.test"]["status"] == said["403.test"]["status"] == 200
    assert "answered 500; nothing was fetched" in error(said["500.test"], "RobotsRefused")
    assert "answered 429; nothing was fetched" in error(said["429.test"], "RobotsRefused")
    assert "did not answer; nothing was fetched" in error(said["hang.test"], "RobotsRefused")
    assert "gone.test:1 is unreachable" in error(outcomes["http://gone.test:1/page"], "HostUnreachable")


def test_fault_03_robots_are_asked_again_each_run() -> None:
    rules = [ALLOW, FORBID]
    with serving(lambda asked: rules[0] if asked.path == "/robots.txt" else (200, {}, b"page")) as site:
        url = site.url("/private/a")
        assert crawl([url], sites=(site,), **BRISK)["pages"][url]["status"] == 200
        rules.pop(0)
        error(crawl([url], sites=(site,), **BRISK)["pages"][url], "RobotsRefused")
    assert site.paths() == ["/private/a"]


def test_fault_04_crawl_delay_is_kept_on_one_connection() -> None:
    delay = 0.3
    robots = f"User-agent: *\nCrawl-delay: {delay}\n".encode()
    with serving(lambda asked: (200, {}, robots if asked.path == "/robots.txt" else b"page")) as site:
        urls = [site.url(f"/{n}") for n in range(20)]
        crawl(urls, sites=(site,), DOWNLOAD_DELAY=0.01, AUTOTHROTTLE_START_DELAY=0.01)
    assert len(site.visits) == 21
    gaps = [b.at - a.at for a, b in itertools.pairwise(site.visits)]  # of arrivals, which a busy machine jitters
    assert min(gaps) >= delay / 2 and sum(gaps) >= 0.95 * delay * len(gaps)
    assert max(visit.open for visit in site.visits) == 1


def test_fault_04_a_real_host_is_asked_once_a_second_and_a_mirror_at_once() -> None:
    said = settings(None)
    assert (said["DOWNLOAD_DELAY"], said["CONCURRENT_REQUESTS_PER_DOMAIN"], said["AUTOTHROTTLE_ENABLED"]) == (
        1,
        1,
        True,
    )
    with serving(lambda asked: (200, {}, b"Crawl-delay: 30" if asked.path.endswith("robots.txt") else b"page")) as site:
        urls = [f"https://prices.example/{n}" for n in range(30)]
        done = crawl(urls, mirror=f"http://127.0.0.1:{site.port}")
    assert {page["status"] for page in done["pages"].values()} == {200} and done["seconds"] < 3


def test_fault_05_retry_after_is_kept() -> None:
    asked_once: set[str] = set()

    def answer(asked: Handler) -> Answer:
        if asked.path == "/robots.txt":
            return ALLOW
        if asked.path == "/busy":
            return 429, {"Retry-After": "1"}, b""
        if asked.path == "/away":
            return 503, {"Retry-After": "3600"}, b""
        first = not asked_once
        asked_once.add(asked.path)
        return (429, {"Retry-After": "3"}, b"") if first else (200, {}, b"page")

    with serving(answer) as site:
        urls = [site.url("/once", "a.test"), site.url("/busy", "b.test"), site.url("/away", "c.test")]
        outcomes = crawl(urls, sites=(site,), **BRISK)["pages"]
    at = {path: [v.at for v in site.visits if v.path == path] for path in ("/once", "/busy", "/away")}
    assert len(at["/once"]) == 2 and at["/once"][1] - at["/once"][0] >= 3
    assert len(at["/busy"]) == 3 and min(b - a for a, b in itertools.pairwise(at["/busy"])) >= 1
    assert len(at["/away"]) == 1
    assert (outcomes[urls[0]]["status"], outcomes[urls[1]]["status"]) == (200, 429)
    assert "asks to be left alone for 3600 s" in error(outcomes[urls[2]], "FetchFailed")


def test_fault_06_no_redirect_reaches_an_internal_host() -> None:
    with serving() as inside, serving(address="::1") as inside6:
        hosts = ["127.0.0.1", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "2130706433", "0x7f.0.0.1", "127.1"]
        targets = [f"http://{host}:{inside.port}/" for host in [*hosts, "localhost", "inside.test"]]
        targets += [
            f"http://[::1]:{inside6.port}/",
            "http://0.0.0.0/",
            "http://[fd00::1]/",
            "http://[64:ff9b::7f00:1]/",
        ]
        answers = {f"/{n}": (302, {"Location": target}, b"") for n, target in enumerate(targets)}
        with serving(pages(answers)) as site:
            urls = [site.url(path) for path in answers]
            dns = {"inside.test": ["127.0.0.1"]}
            outcomes = crawl([*urls, targets[0]], sites=(site,), dns=dns, **BRISK)["pages"]
    assert inside.visits == [] and inside6.visits == []
    assert len(site.paths()) == len(targets)
    for url in [*urls, targets[0]]:
        assert "not" in error(outcomes[url], "FetchRefused")


def test_fault_06_a_name_that_flips_is_checked_where_it_is_used() -> None:
    closing = {"Connection": "close"}
    with serving(lambda asked: (404, closing, b"")) as site, serving(address="127.0.0.3", port=site.port) as inside:
        url = site.url("/page", "flip.test")
        outcomes = crawl([url], sites=(site,), dns={"flip.test": ["127.0.0.1", "127.0.0.3"]}, **BRISK)["pages"]
    assert [v.path for v in site.visits] == ["/robots.txt"] and inside.visits == []
    assert "leads to 127.0.0.3" in error(outcomes[url], "FetchRefused")


def test_fault_06_public_addresses() -> None:
    internal = """127.0.0.1 10.1.2.3 192.168.0.1 172.16.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1 ::1 ::
        fe80::1 fd00::1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::a00:1 2002:7f00:1:: ff02::1 fe80::1%eth0 fec0::1 x"""
    assert [address for address in internal.split() if public(address)] == []
    assert all(public(a) for a in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::808:808"))
    check("https://openrouter.ai/api/v1/models?x=1")


def test_fault_07_a_redirect_off_the_web_is_refused() -> None:
    targets = ["file:///etc/passwd", "ftp://ftp.test/x", "data:text/plain,hello", "s3://bucket/x"]
    answers = {f"/{n}": (302, {"Location": target}, b"") for n, target in enumerate(targets)}
    with serving(pages(answers)) as site:
        outcomes = crawl([*map(site.url, answers), "ftp://site.test/x"], sites=(site,), **BRISK)["pages"]
        for (path, target), url in zip(enumerate(targets), map(site.url, answers), strict=True):
            said = error(outcomes[url], "FetchRefused")
            assert f"/{path} was not fetched: it redirects to {target}" in said and "root:" not in said
        assert "only http" in error(outcomes["ftp://site.test/x"], "FetchRefused")


def test_fault_08_keys_stay_with_their_host() -> None:
    keys = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "If-None-Match": '"x"'}
    with serving() as other:
        answers: dict[str, Answer] = {
            "/far": (302, {"Location": f"http://other.test:{other.port}/end"}, b""),
            "/near": (302, {"Location": "/end"}, b""),
            "/end": (200, {}, b"page"),
        }
        with serving(pages(answers)) as site:
            urls = [site.url("/far"), site.url("/near")]
            dns = {"other.test": ["127.0.0.1"]}
            outcomes = crawl(urls, sites=(site, other), dns=dns, headers=keys, **BRISK)["pages"]
    assert [page["status"] for page in outcomes.values()] == [200, 200]
    assert [v.path for v in other.visits] == ["/robots.txt", "/end"]
    assert not any("s3cret" in str(v.headers) for v in other.visits)
    assert not any({"Referer", "Cookie"} & set(v.headers) for v in site.visits + other.visits)
    near = next(v for v in site.visits if v.path == "/end")
    assert near.headers["Authorization"] == "Bearer s3cret" and near.headers["X-Api-Key"] == "s3cret"


def test_fault_09_a_small_answer_that_inflates_is_oversize() -> None:
    mega = bytes(1 << 20)
    bombs = {
        "gzip": gzip.compress(mega * 16, 1) * 64,
        "br": brotli.compress(mega * 512, quality=1, lgwin=24),
        "zstd": zstd.compress(mega * 512, options={zstd.CompressionParameter.window_log: 27}),
        "deflate": zlib.compress(mega * 64, 1),
    }
    bombs["gzip, gzip"] = gzip.compress(bombs["gzip"])
    answers = {f"/{n}": (200, {"Content-Encoding": how}, body) for n, (how, body) in enumerate(bombs.items())}
    answers["/plain"] = (200, {}, mega * 33)
    with serving(pages(answers)) as site:
        done = crawl([site.url(path) for path in answers], sites=(site,), **BRISK)
    assert len(site.paths()) == len(answers), "an oversized page is not asked for again"
    assert all("larger than 32 MB" in error(page, "Oversize") for page in done["pages"].values())
    assert done["grown_mb"] < 150


def test_fault_09_a_compressed_body_cut_short_is_a_failure() -> None:
    text = " ".join(map(str, range(20000))).encode()
    packers = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstd.compress, "deflate": zlib.compress}
    answers: dict[str, Answer] = {}
    for how, pack in packers.items():
        said, whole = {"Content-Encoding": how}, pack(text)
        answers |= {f"/{how}/whole": (200, said, whole), f"/{how}/half": (200, said, whole[: len(whole) // 2])}
        answers[f"/{how}/none"] = (304, said, b"")
    with serving(pages(answers)) as site:
        outcomes = crawl([site.url(path) for path in answers], sites=(site,), **BRISK)["pages"]
        for how in packers:
            assert outcomes[site.url(f"/{how}/whole")]["body"] == text[:200].decode()
            assert outcomes[site.url(f"/{how}/none")]["status"] == 304
            assert "cut short or damaged" in error(outcomes[site.url(f"/{how}/half")], "FetchFailed")


def test_fault_10_slow_and_endless_answers_are_cut_off() -> None:
    def answer(asked: Handler) -> Answer | None:
        if asked.path in ("/robots.txt", "/ok"):
            return ALLOW
        asked.say(
            200,
            {"Content-Length": "100000"} if asked.path == "/drip" else {"Connection": "close", "Content-Length": ""},
            b"",
        )
        while True:
            asked.wfile.write(b"x" if asked.path == "/drip" else bytes(1 << 16))
            time.sleep(0.2 if asked.path == "/drip" else 0)

    with serving(answer) as site:
        urls = [site.url("/drip", "a.test"), site.url("/endless", "b.test"), site.url("/ok", "c.test")]
        outcomes = crawl(urls, sites=(site,), env={"MODELMARKET_TIMEOUT": "3"}, **BRISK)["pages"]
    assert "within 3 s" in error(outcomes[urls[0]], "TimedOut") and outcomes[urls[0]]["at"] <= 5
    assert "32 MB" in error(outcomes[urls[1]], "Oversize") and outcomes[urls[1]]["at"] <= 5
    assert outcomes[urls[2]]["status"] == 200 and outcomes[urls[2]]["at"] < 2


def test_fault_13_a_body_shorter_than_promised_is_a_failure() -> None:
    def answer(asked: Handler) -> Answer:
        if asked.path == "/robots.txt":
            return ALLOW
        asked.close_connection = True
        return 200, {"Content-Length": "5000"}, b"[1, 2"

    with serving(answer) as site:
        outcomes = crawl([site.url("/page")], sites=(site,), **BRISK)["pages"]
    assert site.paths() == ["/page"] * 3
    assert "ended before its end" in error(outcomes[site.url("/page")], "FetchFailed")


def test_mirror_is_invisible_to_the_spider() -> None:
    def answer(asked: Handler) -> Answer:
        here = f"http://127.0.0.1:{asked.site.port}"
        moves = {
            "/a.example/relative": "/page",
            "/a.example/inside": f"{here}/b.example/page?q=1",
            "/a.example/slash": "/a.example/slash/",
            "/a.example/outside": "https://b.example/page",
            "/a.example/away": "http://10.0.0.1/page",
            "/a.example/control": f"{here}/_control?faults=none",
        }
        if asked.path in moves:
            return 302, {"Location": moves[asked.path]}, b""
        return (304, {"ETag": '"x"'}, b"") if asked.headers["If-None-Match"] == '"x"' else (200, {}, asked.path.encode())

    with serving(answer) as site:
        names = ["relative", "inside", "slash", "outside", "away", "control"]
        urls = [f"https://a.example/{name}" for name in names]
        done = crawl(urls, mirror=f"http://127.0.0.1:{site.port}/")
        outcomes = [done["pages"][url] for url in urls]
        same = crawl(urls[:1], mirror=f"http://127.0.0.1:{site.port}", headers={"If-None-Match": '"x"'})["pages"][urls[0]]
    ends = [
        "https://a.example/page",
        "https://b.example/page?q=1",
        "https://a.example/slash/",
        "https://b.example/page",
    ]
    assert [page["url"] for page in outcomes[:4]] == ends
    assert outcomes[1]["body"] == "/b.example/page?q=1"
    assert "10.0.0.1" in error(outcomes[4], "FetchRefused") and "_control" in error(outcomes[5], "FetchRefused")
    assert (same["status"], same["url"], same["headers"]["Etag"]) == (304, "https://a.example/page", '"x"')
    assert {"/a.example/robots.txt", "/b.example/robots.txt"} <= {v.path for v in site.visits}
    assert all(v.headers["User-Agent"].startswith("modelmarket/") for v in site.visits)
    assert done["stderr"] == ""


def test_mirror_of_the_hub_stands_for_the_hub_only() -> None:
    def answer(asked: Handler) -> Answer:
        more = f'<http://127.0.0.1:{asked.site.port}/api/models?cursor=x>; rel="next"'
        return (404, {}, b"") if asked.path == "/robots.txt" else (200, {"Link": more}, b"[]")

    with serving(answer) as site, serving() as other:
        urls = ["https://huggingface.co/api/models", other.url("/page", "other.test")]
        hub = {"HF_ENDPOINT": f"http://127.0.0.1:{site.port}"}
        outcomes = crawl(urls, sites=(other,), env=hub, **BRISK)["pages"]
    assert outcomes[urls[0]]["url"] == urls[0] and outcomes[urls[0]]["body"] == "[]"
    assert outcomes[urls[0]]["headers"]["Link"] == '<https://huggingface.co/api/models?cursor=x>; rel="next"'
    assert site.paths() == ["/api/models"] and other.paths() == ["/page"]


def test_mirror_that_is_down_is_named() -> None:
    url = "https://a.example/page"
    said = error(crawl([url], mirror="http://127.0.0.1:1")["pages"][url], "HostUnreachable")
    assert "a.example is unreachable" in said and "through http://127.0.0.1:1/a.example" in said


@pytest.mark.parametrize("mirror", ["localhost:8900", "ftp://127.0.0.1/", "http://", "http://host:port"])
def test_mirror_must_be_an_address(mirror: str) -> None:
    with pytest.raises(Misused, match="http://host:port"):
        settings(mirror)


def test_mirror_of_the_web_outranks_the_hub() -> None:
    both = Mirrors("http://m:1", "http://hub:2")
    assert both.local("https://huggingface.co/x") == "http://m:1/huggingface.co" and both.exempt == ["m:1"]
    assert Mirrors(None, "http://hub:2").exempt == ["hub:2"]


def test_settings_that_scrapy_leaves_open() -> None:
    said = settings(None, contact="ops@example.org")
    assert said["DOWNLOAD_VERIFY_CERTIFICATES"] is True
    assert said["REMOTE_CONTROL_ENABLED"] is said["TELNETCONSOLE_ENABLED"] is said["COOKIES_ENABLED"] is False
    assert str(said["USER_AGENT"]).startswith("modelmarket/") and "ops@example.org" in str(said["USER_AGENT"])


def test_settings_refuse_a_timeout_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELMARKET_TIMEOUT", "soon")
    with pytest.raises(MarketError, match="number of seconds"):
        settings(None)
