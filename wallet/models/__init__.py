"""The nouns of the money's journey, and the promises that the database keeps about them."""

from wallet.models.budget import BudgetDecision
from wallet.models.card import Card, SignedCard
from wallet.models.case import Case
from wallet.models.device import ActivationCode, BlockCode, Device, IssuedPass
from wallet.models.erasure import ErasureRequest
from wallet.models.grant import GrantBatch, GrantLine
from wallet.models.helper import Helper
from wallet.models.holder import Holder, Household, Voucher
from wallet.models.letter import LetterOrder
from wallet.models.loss_cover import LossCover
from wallet.models.merchant import Branch, Merchant, Till, TillCode
from wallet.models.municipality import Municipality
from wallet.models.override import OverrideRequest
from wallet.models.programme import Programme
from wallet.models.redemption import Redemption, Refund
from wallet.models.staff import DeskEvent, Staff
from wallet.models.statuslist import StatusListToken
from wallet.models.till_record import TillRecord
from wallet.models.year_close import YearClose

__all__ = [
    "ActivationCode",
    "BlockCode",
    "Branch",
    "BudgetDecision",
    "Card",
    "Case",
    "DeskEvent",
    "Device",
    "ErasureRequest",
    "GrantBatch",
    "GrantLine",
    "Helper",
    "Holder",
    "Household",
    "IssuedPass",
    "LetterOrder",
    "LossCover",
    "Merchant",
    "Municipality",
    "OverrideRequest",
    "Programme",
    "Redemption",
    "Refund",
    "SignedCard",
    "Staff",
    "StatusListToken",
    "Till",
    "TillCode",
    "TillRecord",
    "Voucher",
    "YearClose",
]
