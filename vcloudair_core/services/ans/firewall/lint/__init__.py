"""The firewall lint: findings about rules, and the policy that reports them."""
