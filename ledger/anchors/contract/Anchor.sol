// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.37;

/// Remembers at which time it first saw a hash. Nobody owns it; nothing is ever changed or removed.
contract Anchor {
    /// Time of the block (epoch seconds) in which a hash was first anchored; 0: never.
    mapping(bytes32 => uint256) public anchoredAt;

    event Anchored(bytes32 indexed hash, uint256 time);

    /// Anchor a hash. A second time changes nothing.
    function anchor(bytes32 hash) external {
        if (anchoredAt[hash] == 0) {
            anchoredAt[hash] = block.timestamp;
            emit Anchored(hash, block.timestamp);
        }
    }
}
