"""A monitor: looks at a public log, asks its witnesses, says when something is the matter (spec 08)

look        what was seen, at one moment                   alarms      what of it is the matter
metrics     the same for Prometheus
"""
