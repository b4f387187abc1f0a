"""The page frame: base views, tables, forms, navigation, template tags; no models."""
