"""The municipality's side: the reference receiver of a leerplichtambtenaar's messages."""
