"""The driver for radios of the AD936x family behind libiio (ADALM-Pluto and its kin), on pyadi-iio."""
