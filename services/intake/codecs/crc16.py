"""The check sum of a P1 telegram: CRC-16 with the polynomial 0x8005, least significant bit first, from 0
(DSMR 5.0.2 P1 companion standard, 6.2)."""


def _row(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_TABLE = tuple(_row(byte) for byte in range(256))


def crc16(data: bytes) -> int:
    """0 to 65535."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc
