"""What the review page shows of a film: clips, stills, the waveform, as it is and as the copy would be."""
