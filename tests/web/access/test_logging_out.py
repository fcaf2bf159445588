"""Logging out while other requests of the same browser are under way, over real connections."""

from __future__ import annotations

import re
import socket

import httpx

PASSWORD = "correct horse battery"
BODY = (
    b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + b"x" * 70_000 + b"\r\n--B--\r\n"
)


def test_an_upload_that_ends_after_the_logout_does_not_undo_it(guarded_server):
    guarded_server.store.new_account("leaver", PASSWORD)
    batch = guarded_server.store.new_batch()
    with httpx.Client(base_url=guarded_server.url, headers={"Accept": "text/html"}, trust_env=False) as browser:
        csrf = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)[1]
        browser.post("/login", data={"csrf_token": csrf, "name": "leaver", "password": PASSWORD})
        token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/").text)[1]
        copy = dict(browser.cookies)
        cookie = "; ".join(f"{name}={value}" for name, value in copy.items())
        head = (
            f"POST /api/v1/batches/{batch.id}/files HTTP/1.1\r\nHost: 127.0.0.1:{guarded_server.settings.port}\r\n"
            f"Connection: close\r\nX-CSRFToken: {token}\r\nCookie: {cookie}\r\n"
            f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", guarded_server.settings.port), timeout=20) as upload:
            upload.sendall(head.encode() + BODY[:50_000])
            assert browser.get("/").status_code == 200  # by now the upload's login has been checked
            assert browser.post("/logout", data={"csrf_token": token}).status_code == 303
            upload.sendall(BODY[50_000:])
            answer = b"".join(iter(lambda: upload.recv(10_000), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Set-Cookie" not in answer
    assert httpx.get(f"{guarded_server.url}/", cookies=copy, headers={"Accept": "text/html"}).status_code == 303
