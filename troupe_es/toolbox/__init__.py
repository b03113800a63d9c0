"""What runs tools, reads documents and fetches pages: the hands of the controller, which alone calls them."""
