"""Pictures of a page that need nothing installed: SVG made by hand, coloured by the page's own style sheet."""
