"""What a real web server does with endless requests, and with people who send slowly."""

import socket
import time
from contextlib import suppress

import pytest

from bureau.processes import LOOPBACK
from bureau.testing import faults

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


def raw(port, *pieces, pause=0.0):
    """What the server answers to these bytes, before it closes the line."""
    with socket.create_connection((LOOPBACK, port), 30) as line:
        with suppress(OSError):
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)
        answer = b""
        with suppress(OSError):
            while len(answer) < 4096 and (read := line.recv(4096)):
                answer += read
        return answer


def test_endless_headers_and_addresses_are_refused_early(tmp_path):
    """A header of a megabyte, an address of one, 5,000 headers: refused, and the next is served."""
    with faults.Web(tmp_path / "web.log", processes=1) as web:
        many = b"".join(b"X-%d: y\r\n" % number for number in range(5_000))
        for told in (
            b"GET /live HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 1_000_000 + b"\r\n\r\n",
            b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /live HTTP/1.1\r\nHost: localhost\r\n" + many + b"\r\n",
        ):
            began = time.monotonic()
            status = raw(web.port, told)[:12]
            # A server that closes the line in the middle of sending has refused as well.
            assert status in (b"", b"HTTP/1.1 400", b"HTTP/1.1 414", b"HTTP/1.1 431"), status
            assert time.monotonic() - began < 10
            assert web.request("GET", "/live").status == 200


def test_people_are_served_while_some_send_slowly(tmp_path):
    """As many slow uploads as a process has threads, less two: the others are not held up."""
    head = (
        b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with faults.Web(tmp_path / "web.log", processes=1, threads=8) as web:
        lines = [socket.create_connection((LOOPBACK, web.port), 30) for _n in range(6)]
        for line in lines:
            line.sendall(head + b"--x\r\n")
        for _round in range(5):
            for line in lines:
                with suppress(OSError):
                    line.sendall(b"a")
            answer = web.request("GET", "/sign-in/")
            assert (answer.status, answer.took < 5) == (200, True)
        for line in lines:
            line.close()
