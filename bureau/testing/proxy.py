"""A line to a server that the test can make slow, silent or broken."""

import asyncio
import random
import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal

from bureau.processes import LOOPBACK

#: `well` passes everything on; `slow` adds a delay to each piece; `trickle` lets 1 kB/s through;
#: `silent` swallows everything; `half` swallows the server's answers; `broken` resets some lines.
Mode = Literal["well", "slow", "trickle", "silent", "half", "broken"]

PIECE = 65536
DELAY = 1.0
TRICKLE_PIECE, TRICKLE_PAUSE = 256, 0.25
#: Share of pieces at which a broken line is reset.
RESET_SHARE = 0.05


class Proxy:
    """Stands between clients and one server, in a thread of its own; `mode` may change any time."""

    def __init__(self, port: int, *, seed: int = 0) -> None:
        self.mode: Mode = "well"
        self.port = 0
        self._target = port
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        if not self._ready.wait(30):
            raise AssertionError("the proxy did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, LOOPBACK, 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target)
        except OSError:
            writer.close()
            return
        ways = (
            self._carry(reader, far_writer, answers=False),
            self._carry(far_reader, writer, answers=True),
        )
        # When one side has ended, the other has nobody to talk to.
        tasks = [asyncio.ensure_future(way) for way in ways]
        with suppress(asyncio.CancelledError):
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, far_writer):
            with suppress(OSError, RuntimeError):
                end.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        with suppress(OSError, ConnectionError):
            while piece := await reader.read(PIECE):
                if not await self._pass_on(piece, writer, answers=answers):
                    return

    async def _pass_on(self, piece: bytes, writer: asyncio.StreamWriter, *, answers: bool) -> bool:
        """False when the line has been reset."""
        mode = self.mode
        if mode == "silent" or (mode == "half" and answers):
            return True
        if mode == "broken" and self._random.random() < RESET_SHARE:
            reset(writer)
            return False
        if mode == "slow":
            await asyncio.sleep(DELAY)
        pieces = [piece]
        if mode == "trickle":
            pieces = [piece[n : n + TRICKLE_PIECE] for n in range(0, len(piece), TRICKLE_PIECE)]
        for part in pieces:
            if mode == "trickle":
                await asyncio.sleep(TRICKLE_PAUSE)
            writer.write(part)
            await writer.drain()
        return True


def reset(writer: asyncio.StreamWriter) -> None:
    """The line ends with a reset, as by a firewall."""
    line: Any = writer.get_extra_info("socket")
    with suppress(OSError, AttributeError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
