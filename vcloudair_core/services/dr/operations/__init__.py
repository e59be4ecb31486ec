"""Operations: DR actions on VMs, from request to verdict."""
