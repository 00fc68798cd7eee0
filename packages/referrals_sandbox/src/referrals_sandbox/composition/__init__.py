"""How a sandbox is put together: servers, neighbours, our two services, a merchant."""
