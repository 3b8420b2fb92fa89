"""The OpenAPI document of the HTTP interface, made from the application: `GET /openapi.json`."""
