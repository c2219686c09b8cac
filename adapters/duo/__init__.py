"""DUO's register onderwijsdeelnemers: our kinds, statuses, reasons and fields in its words.

DUO's interface specification (PvE verzuim, WSDL) is not public. The codes come from a public vendor
client (2020 and 2022), the fields from the annex of a besluit that has since been replaced. So this
is preparation, not a connection: nothing here sends, and DUO has to confirm it before any use.
"""
