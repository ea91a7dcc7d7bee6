"""Commands of the panel: ``flask init``, ``flask demo``, ``flask serve`` and those of single areas."""
