-- Key packages that devices deposited, each for one use but the last resort.
CREATE TABLE devices_key_packages (
    device {bytes} NOT NULL,
    reference {bytes} NOT NULL,
    last_resort BIGINT NOT NULL,
    until BIGINT NOT NULL,
    package {bytes} NOT NULL,
    PRIMARY KEY (device, reference)
);
CREATE INDEX devices_key_packages_until ON devices_key_packages (until);
