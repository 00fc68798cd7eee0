"""One contract suite a port: subclass it, override its fixtures, and its tests are law."""
