"""Operations: DR actions on VMs, from the request to the verdict."""
