"""The demo municipality: its data (CSV), its software phones and tills, the supervisor of its processes."""
