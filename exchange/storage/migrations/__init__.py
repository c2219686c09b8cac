"""How the schema came about, step by step: ``exchange.storage.schema.migrate`` runs these.

``NNNN_expand_*`` adds, and the code of the release before still runs on it; ``NNNN_contract_*``
takes away what no running release uses any more. A step that was released is never edited.
"""
