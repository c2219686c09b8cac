"""School administration systems: the reference sender, from a school's own files to receipts."""
