"""How well the till reads a symbol that is tilted, blurred, glaring, cracked or far away. Spec 03 §2."""
