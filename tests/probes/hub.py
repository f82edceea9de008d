"""A server that speaks as much of the Hub's protocol as a download needs, with faults on order."""

import json
import re
import socket
import threading
from datetime import UTC, datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Repositories with files; `wrong` names files whose bytes are not those of the hash, `breaks` files cut off at a byte once.

    Attributes:
        downloads: what a listing says of a repository, by name.
        asked: (path, headers) of every request.
    """

    def __init__(self, **repositories: dict[str, bytes]) -> None:
        self.files = {name.replace("__", "/"): files for name, files in repositories.items()}
        self.wrong: set[str] = set()
        self.breaks: dict[str, int] = {}
        self.downloads: dict[str, int] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        hub = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                hub.asked.append((self.path, dict(self.headers)))
                hub.answer(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, to: Any) -> None:
        path = to.path.partition("?")[0]
        if path == "/api/models":
            return self._say(to, 200, json.dumps([self._card(name) for name in self.files]).encode(), Content_Type="application/json")
        if said := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/[^/]+)?", path):
            return self._listing(to, said[1])
        if said := re.fullmatch(rf"/([^/]+/[^/]+)/resolve/{COMMIT}/(.+)", path):
            return self._file(to, self.files.get(said[1], {}).get(said[2]), said[2])
        return self._say(to, 404, b"{}")

    def _say(self, to: Any, code: int, body: bytes, **headers: str) -> None:
        to.send_response(code)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    def _listing(self, to: Any, repository: str) -> None:
        files = self.files.get(repository)
        if files is None:
            return self._say(to, 404, b'{"error": "Repository not found"}', X_Error_Code="RepoNotFound")
        listed = [
            {"rfilename": name, "size": len(body), "lfs": {"sha256": sha256(body).hexdigest(), "size": len(body), "pointerSize": 130}}
            for name, body in files.items()
        ]
        said = {"id": repository, "modelId": repository, "sha": COMMIT, "private": False, "tags": [], "downloads": 1, "siblings": listed}
        return self._say(to, 200, json.dumps(said).encode(), Content_Type="application/json")

    def _card(self, repository: str) -> dict[str, Any]:
        base = repository.removesuffix("-GGUF")
        card = {"license": "apache-2.0", **({"base_model": base} if base != repository else {})}
        tags = ["gguf", "text-generation", "license:apache-2.0"]
        return {
            "id": repository, "modelId": repository, "author": repository.partition("/")[0], "cardData": card, "tags": tags, "likes": 3,
            "downloads": self.downloads.get(repository, 5_000), "createdAt": f"{datetime.now(UTC):%Y-%m-%dT00:00:00.000Z}",
            "private": False, "gated": False, "pipeline_tag": "text-generation",
        }  # fmt: skip

    def _file(self, to: Any, body: bytes | None, name: str) -> None:
        if body is None:
            return self._say(to, 404, b"", X_Error_Code="EntryNotFound")
        if name in self.wrong:
            body = bytes(byte ^ 1 for byte in body[:1]) + body[1:]
        begin = int(said[1]) if (said := re.match(r"bytes=(\d+)-", to.headers.get("Range", ""))) else 0
        if (at := self.breaks.pop(name, None)) is not None:
            to.send_response(206 if begin else 200)
            to.send_header("Content-Length", str(len(body) - begin))
            to.end_headers()
            to.wfile.write(body[begin:at])
            to.wfile.flush()
            to.close_connection = True
            to.connection.shutdown(socket.SHUT_RDWR)
            return None
        ranged = {"Content_Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"} if begin else {}
        return self._say(to, 206 if begin else 200, body[begin:], **ranged)
