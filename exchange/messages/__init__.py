"""The vocabulary: identifiers, one file per message type, and the stages a message goes through."""
