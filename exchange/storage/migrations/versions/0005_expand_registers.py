"""What the public registers say more: names, boards, postcodes; the regions of postcodes."""

from exchange.storage.migrations.script import run

revision = "0005"
down_revision = "0004"

# ``bron`` names the register file that vouches for a row: what such a file no longer holds is
# ended, and a row that no file brought (a sandbox's own) is never ended by one.
COLUMNS = """
ALTER TABLE vestigingen
    ADD COLUMN naam text,
    ADD COLUMN bevoegd_gezag text,
    ADD COLUMN postcode4 text
        CONSTRAINT vestigingen_postcode4 CHECK (postcode4 ~ '^[1-9][0-9]{3}$'),
    ADD COLUMN bron text CONSTRAINT vestigingen_bron CHECK (bron IN ('bo', 'so', 'vo'));

ALTER TABLE gemeenten
    ADD COLUMN bron text CONSTRAINT gemeenten_bron CHECK (bron = 'gemeenten');

CREATE TABLE swv_regio (
    postcode4 text NOT NULL
        CONSTRAINT swv_regio_postcode4 CHECK (postcode4 ~ '^[1-9][0-9]{3}$'),
    geldig_van date NOT NULL,
    geldig_tot date,
    swv_po text,
    swv_vo text,
    PRIMARY KEY (postcode4, geldig_van),
    CONSTRAINT swv_regio_geldig CHECK (geldig_tot >= geldig_van),
    CONSTRAINT swv_regio_swv CHECK (
        num_nonnulls(swv_po, swv_vo) > 0 AND swv_po ~ '^PO[0-9]{4}$' AND swv_vo ~ '^VO[0-9]{4}$'
    )
)
"""

# A register is written by the operator alone. The gateway needs no region: a vestiging carries its
# samenwerkingsverband.
GRANTS = """
GRANT SELECT ON swv_regio TO verzuim_reader, verzuim_operator;

GRANT INSERT ON swv_regio TO verzuim_operator;

GRANT UPDATE (geldig_tot, swv_po, swv_vo) ON swv_regio TO verzuim_operator;

GRANT UPDATE (naam, bevoegd_gezag, postcode4, bron) ON vestigingen TO verzuim_operator;

GRANT UPDATE (bron) ON gemeenten TO verzuim_operator
"""


def upgrade() -> None:
    """Add the columns and the table, then the privileges."""
    run(COLUMNS)
    run(GRANTS)
