"""musicgan: a recurrent GAN for music, from MIDI files to songs and live playing."""

__version__ = "0.1.0"
