"""Reports as HTML pages that load nothing: what they are made of, and how they are written."""
