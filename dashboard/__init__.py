"""The dashboard looks at the views and changes nothing."""
