"""What it costs. One command each, one JSON object as the last output; ratios are taken within one run."""
