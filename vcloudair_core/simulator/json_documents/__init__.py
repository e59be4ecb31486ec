"""JSON form of vCloud documents, converted from and to their XML form."""
