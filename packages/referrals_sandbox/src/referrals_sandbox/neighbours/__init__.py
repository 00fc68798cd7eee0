"""
Stand-ins for the services around ours: real servers that speak the real protocols.

Auth and Core answer gRPC from one file, the `World`, and follow its changes. Points, RFM
Analytics and AdminCore consume Kafka, each in a group of its own, and show over HTTP what they
heard and what they made of it. Each runs as a process of its own: `processes` has the commands.
Shopify is whoever posts by `shopify`, or the whole of it: `shopify_platform`.
"""
