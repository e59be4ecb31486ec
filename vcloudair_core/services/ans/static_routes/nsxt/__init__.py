"""Static routes of NSX-T edge gateways: codec and store."""
