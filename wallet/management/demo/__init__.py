"""The demo municipality: its data (CSV), its software phones and tills, and the supervisor of its processes."""
