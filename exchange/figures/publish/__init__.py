"""The forms of a levering: pure functions from one recipient's rows to bytes, always the same.

``territory`` cuts a release to a recipient; ``as_json`` (and ``read_json``, its inverse),
``as_csv``, ``as_csvw``, ``as_parquet`` and ``as_page`` write it; ``page_csp`` is what a browser may
do with the page; ``MEDIA`` has the maker of each media type.
"""

from exchange.figures.publish.csv_form import as_csv
from exchange.figures.publish.csvw import as_csvw
from exchange.figures.publish.json_form import as_json, read_json
from exchange.figures.publish.media import MEDIA, Maker, Publication
from exchange.figures.publish.names import Names
from exchange.figures.publish.page import as_page, page_csp
from exchange.figures.publish.parquet import as_parquet
from exchange.figures.publish.territory import territory

__all__ = [
    "MEDIA",
    "Maker",
    "Names",
    "Publication",
    "as_csv",
    "as_csvw",
    "as_json",
    "as_page",
    "as_parquet",
    "page_csp",
    "read_json",
    "territory",
]
