"""What most teams would write: the yardsticks that the gateway is measured against.

``python -m tests.bench.speed.echo`` serves one process: ``/echo`` takes the same signaal into a
plain pydantic model and answers a small JSON object; ``/orm`` also stores it as one SQLAlchemy ORM
object with one commit. The same uvicorn, event loop, parser, kind of listener and settings of the
garbage collector as the gateway, and nothing else that it does.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import DateTime, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from exchange.bootstrap.garbage import settle
from exchange.cli.options import watch_parent


class Venster(BaseModel):
    van: date
    tot: date


class Contact(BaseModel):
    rol: Literal["verzuimcoordinator", "mentor", "directie", "zorgcoordinator"]
    email: Annotated[str, Field(max_length=100, pattern=r"^[^@\s]+@[^@\s]+$")]


class Signaal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    vestigingscode: Annotated[str, Field(pattern=r"^[0-9]{2}[A-Z]{2}[0-9]{2}$")]
    pgn: Annotated[str, Field(pattern=r"^[0-9]{9}$")]
    plicht: Literal["leerplichtig", "kwalificatieplichtig"]
    woongemeente: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    venster: Venster
    ongeoorloofde_minuten: Annotated[int, Field(alias="ongeoorloofdeMinuten", ge=1)]
    criterium: Annotated[str, Field(max_length=50)]
    ouders_geinformeerd_op: Annotated[date, Field(alias="oudersGeinformeerdOp")]
    acties_school: Annotated[list[str], Field(alias="actiesSchool")]
    contact: Contact


class Accepted(BaseModel):
    id: UUID
    at: datetime


class Base(DeclarativeBase):
    pass


class Stored(Base):
    """Columns of several kinds and one index beside the key: an ordinary table."""

    __tablename__ = "orm_signalen"

    bericht_id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    vestigingscode: Mapped[str] = mapped_column(String(6), index=True)
    woongemeente: Mapped[str] = mapped_column(String(4))
    ontvangen_op: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    inhoud: Mapped[dict[str, Any]] = mapped_column(JSONB)


def build(database: str | None) -> FastAPI:
    """Build the application; without a database there is no ``/orm``."""
    app = FastAPI()

    @app.post("/echo", status_code=202)
    async def echo(signaal: Signaal) -> Accepted:
        return Accepted(id=uuid4(), at=datetime.now(UTC))

    if database is not None:
        engine = create_async_engine(database, pool_size=10)
        sessions = async_sessionmaker(engine, expire_on_commit=False)

        @app.post("/orm", status_code=202)
        async def orm(signaal: Signaal) -> Accepted:
            stored = Stored(
                vestigingscode=signaal.vestigingscode,
                woongemeente=signaal.woongemeente,
                ontvangen_op=datetime.now(UTC),
                inhoud=signaal.model_dump(mode="json"),
            )
            async with sessions() as session, session.begin():
                session.add(stored)
            return Accepted(id=stored.bericht_id, at=stored.ontvangen_op)

    return app


async def make_table(database: str) -> None:
    """Make the table of ``/orm``."""
    engine = create_async_engine(database)
    async with engine.begin() as conn:
        await conn.run_sync(Base.metadata.create_all)
    await engine.dispose()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket")
    parser.add_argument("--port", type=int)
    parser.add_argument("--pki", help="folder with server.pem, server.key and ca.pem")
    parser.add_argument("--database")
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(asked))


async def _serve(asked: argparse.Namespace) -> None:
    if asked.database:
        await make_table(asked.database)
    app = build(asked.database)
    settle()
    servers = [uvicorn.Server(config) for config in _configs(app, asked)]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    watch_parent(lambda: loop.call_soon_threadsafe(stop))
    await asyncio.gather(*(server.serve() for server in servers))


def _configs(app: FastAPI, asked: argparse.Namespace) -> list[uvicorn.Config]:
    settings: dict[str, Any] = {
        "http": "httptools",
        "ws": "none",
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": 75,
    }
    configs = []
    if asked.socket:
        configs.append(uvicorn.Config(app, uds=asked.socket, **settings))
    if asked.port:
        tls: dict[str, Any] = {
            "ssl_certfile": f"{asked.pki}/server.pem",
            "ssl_keyfile": f"{asked.pki}/server.key",
            "ssl_ca_certs": f"{asked.pki}/ca.pem",
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
        }
        configs.append(uvicorn.Config(app, host="127.0.0.1", port=asked.port, **settings, **tls))
    return configs


if __name__ == "__main__":
    main()
