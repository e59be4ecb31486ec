"""Operations on replications of VMware Cloud Director Availability."""
