"""The unified catalogue of drugs, services and consumables."""
