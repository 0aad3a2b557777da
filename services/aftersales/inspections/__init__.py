"""The état des lieux with a tenant and the livraison to a buyer: two legal acts, never one."""
