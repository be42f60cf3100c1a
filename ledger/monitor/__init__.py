"""A monitor: looks at a public log, asks its witnesses, says when something is the matter (spec 08)

look        what was seen, at one moment                   alarms      what of it is the matter
reading     its leaves, of which full bundles stay         looked      how far it looked before
metrics     the same for Prometheus
"""
