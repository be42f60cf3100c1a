"""How fast the phones' apps are there: measured in Chromium, on the product as it is served."""
