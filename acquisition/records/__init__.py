"""Files that spectra and captures are exchanged in: one format each."""
