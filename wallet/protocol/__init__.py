"""The pass protocol VP/1: pure rules and formats. No clock, no network, no database. Spec 01 to 05."""
