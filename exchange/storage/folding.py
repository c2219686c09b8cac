"""Counts anew the months in which something changed: one statement, and each from its own rows.

So it costs the same whatever the history, and a correction needs no arithmetic of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from exchange.messages.identifiers import Periode, Schooljaar


@dataclass(frozen=True, slots=True)
class Folding:
    """How a month is folded: what share of the planned minutes, in percent, ends tier 1 and tier 2.

    ``complete`` says that its registrations are surely still there. Where they may be gone, what
    was counted of them stays as it is.
    """

    absent1_procent: int
    absent2_procent: int
    complete: bool


async def fold_due(
    conn: AsyncConnection, limit: int, how: Callable[[Periode], Folding], at: datetime
) -> int:
    """Fold the months of at most ``limit`` marks; give how many marks were taken away.

    One at a time: of two folds of a month, the later one sees all that the earlier one saw.
    """
    await conn.execute(_ONE_AT_A_TIME)
    taken = (await conn.execute(_TAKE, {"limit": limit})).all()
    if taken:
        months = sorted({(row.vestigingscode, row.periode) for row in taken})
        await conn.execute(_FOLD, {**_due(months, how), "at": at})
    return len(taken)


def _due(
    months: Sequence[tuple[str, str]], how: Callable[[Periode], Folding]
) -> dict[str, Sequence[Any]]:
    perioden = [Periode.parse(periode) for _, periode in months]
    foldings = {periode: how(periode) for periode in set(perioden)}
    return {
        "codes": [code for code, _ in months],
        "perioden": [str(periode) for periode in perioden],
        "schooljaren": [Schooljaar.of(periode.first_day).start for periode in perioden],
        "firsts": [periode.first_day for periode in perioden],
        "lasts": [periode.last_day for periode in perioden],
        "absent1": [foldings[periode].absent1_procent for periode in perioden],
        "absent2": [foldings[periode].absent2_procent for periode in perioden],
        "complete": [foldings[periode].complete for periode in perioden],
    }


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('tally'), 0)")

_TAKE = text("""
    DELETE FROM tally_due WHERE id IN (SELECT id FROM tally_due ORDER BY id LIMIT :limit)
    RETURNING vestigingscode, periode
""")

# A statement of its own after the marks were taken: it sees whatever those marks were about.
# Plan: single rows by primary key, and for each month one range of the primary key in the partition
# of that month alone and one range of ``messages_counted``; LATERAL keeps it at that.
_FOLD = text("""
    WITH due AS (
        SELECT d.*, s.bron, l.leerlingen, l.geplande_minuten,
               l.geplande_minuten * d.absent1 / 100 AS most1,
               l.geplande_minuten * d.absent2 / 100 AS most2
        FROM unnest(CAST(:codes AS text[]), CAST(:perioden AS text[]),
                    CAST(:schooljaren AS smallint[]), CAST(:firsts AS date[]),
                    CAST(:lasts AS date[]), CAST(:absent1 AS bigint[]),
                    CAST(:absent2 AS bigint[]), CAST(:complete AS boolean[]))
             AS d(vestigingscode, periode, schooljaar, first, last, absent1, absent2, complete)
        LEFT JOIN month_sources s USING (vestigingscode, periode)
        LEFT JOIN leerlingaantallen l USING (vestigingscode, periode)
    ),
    reported AS (
        SELECT d.vestigingscode, d.periode, d.schooljaar, d.bron, m.*
        FROM due d CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE soort = 'verzuimmelding') AS verzuimmeldingen,
                   count(*) FILTER (WHERE soort = 'signaal') AS signalen
            FROM messages
            WHERE vestigingscode = d.vestigingscode AND periode = d.periode
              AND soort <> 'verzuimregistraties' AND withdrawn_at IS NULL
        ) AS m
    ),
    figures AS (
        SELECT d.vestigingscode, d.periode, d.leerlingen, d.geplande_minuten,
               p.geoorloofd_leerlingen, p.geoorloofd_minuten, p.geoorloofd_grootste,
               p.ongeoorloofd_leerlingen, p.ongeoorloofd_minuten, p.ongeoorloofd_grootste,
               d.leerlingen - p.tier2 - p.tier3 AS trede1,
               CASE WHEN d.leerlingen IS NOT NULL THEN p.tier2 END AS trede2,
               CASE WHEN d.leerlingen IS NOT NULL THEN p.tier3 END AS trede3,
               coalesce(p.absentees > d.leerlingen OR p.most > d.geplande_minuten, false)
                   AS strijdig
        FROM due d CROSS JOIN LATERAL (
            SELECT count(*) AS absentees, max(absent) AS most,
                   count(*) FILTER (WHERE absent > d.most1 AND absent <= d.most2) AS tier2,
                   count(*) FILTER (WHERE absent > d.most2) AS tier3,
                   count(geoorloofd) AS geoorloofd_leerlingen,
                   coalesce(sum(geoorloofd), 0) AS geoorloofd_minuten,
                   coalesce(max(geoorloofd), 0) AS geoorloofd_grootste,
                   count(ongeoorloofd) AS ongeoorloofd_leerlingen,
                   coalesce(sum(ongeoorloofd), 0) AS ongeoorloofd_minuten,
                   coalesce(max(ongeoorloofd), 0) AS ongeoorloofd_grootste
            FROM (
                SELECT sum(minuten) AS absent,
                       sum(minuten) FILTER (WHERE categorie = 'geoorloofd') AS geoorloofd,
                       sum(minuten) FILTER (WHERE categorie = 'ongeoorloofd') AS ongeoorloofd
                FROM registrations
                WHERE d.bron = 'registraties' AND vestigingscode = d.vestigingscode
                  AND datum BETWEEN d.first AND d.last
                GROUP BY pupil
            ) AS pupils
        ) AS p
        WHERE d.bron IS NULL OR d.bron = 'registraties' AND d.complete
        UNION ALL
        SELECT c.vestigingscode, c.periode, c.leerlingen, c.geplande_minuten,
               c.geoorloofd_leerlingen, c.geoorloofd_minuten, c.geoorloofd_grootste,
               c.ongeoorloofd_leerlingen, c.ongeoorloofd_minuten, c.ongeoorloofd_grootste,
               c.trede1, c.trede2, c.trede3, false
        FROM due d JOIN schoolcijfers c USING (vestigingscode, periode)
        WHERE d.bron = 'schoolcijfers'
    ),
    kept AS (
        UPDATE tally t
        SET verzuimmeldingen = r.verzuimmeldingen, signalen = r.signalen,
            folded_at = CAST(:at AS timestamptz)
        FROM reported r
        WHERE (t.vestigingscode, t.periode) = (r.vestigingscode, r.periode)
          AND (r.vestigingscode, r.periode) NOT IN (SELECT vestigingscode, periode FROM figures)
    )
    INSERT INTO tally (
        vestigingscode, periode, schooljaar, bron, leerlingen, geplande_minuten,
        geoorloofd_leerlingen, geoorloofd_minuten, geoorloofd_grootste,
        ongeoorloofd_leerlingen, ongeoorloofd_minuten, ongeoorloofd_grootste,
        trede1, trede2, trede3, strijdig, verzuimmeldingen, signalen, folded_at)
    SELECT r.vestigingscode, r.periode, r.schooljaar, r.bron, f.leerlingen, f.geplande_minuten,
           f.geoorloofd_leerlingen, f.geoorloofd_minuten, f.geoorloofd_grootste,
           f.ongeoorloofd_leerlingen, f.ongeoorloofd_minuten, f.ongeoorloofd_grootste,
           f.trede1, f.trede2, f.trede3, f.strijdig, r.verzuimmeldingen, r.signalen,
           CAST(:at AS timestamptz)
    FROM reported r JOIN figures f USING (vestigingscode, periode)
    ON CONFLICT (vestigingscode, periode) DO UPDATE SET
        (bron, leerlingen, geplande_minuten, geoorloofd_leerlingen, geoorloofd_minuten,
         geoorloofd_grootste, ongeoorloofd_leerlingen, ongeoorloofd_minuten, ongeoorloofd_grootste,
         trede1, trede2, trede3, strijdig, verzuimmeldingen, signalen, folded_at) =
        (excluded.bron, excluded.leerlingen, excluded.geplande_minuten,
         excluded.geoorloofd_leerlingen, excluded.geoorloofd_minuten, excluded.geoorloofd_grootste,
         excluded.ongeoorloofd_leerlingen, excluded.ongeoorloofd_minuten,
         excluded.ongeoorloofd_grootste, excluded.trede1, excluded.trede2, excluded.trede3,
         excluded.strijdig, excluded.verzuimmeldingen, excluded.signalen, excluded.folded_at)
""")
