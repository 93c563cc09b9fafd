"""The fields of the event contract. Written by `make docs` from contracts/raw; change the contract."""

# fmt: off
from __future__ import annotations

from typing import Any

FIELDS: dict[str, dict[str, Any]] = {'event_id': {'type': 'string', 'set_by': 'either', 'required': True, 'max_length': 128},
 'event_type': {'type': 'string',
                'set_by': 'sender',
                'required': True,
                'choices': ('page',
                            'view',
                            'search',
                            'cart',
                            'remove_from_cart',
                            'checkout',
                            'purchase',
                            'order',
                            'refund',
                            'stock')},
 'event_time': {'type': 'timestamp', 'set_by': 'sender', 'required': True},
 'contract_version': {'type': 'string',
                      'set_by': 'either',
                      'required': True,
                      'max_length': 8,
                      'pattern': '^1\\.[0-9]{1,3}$'},
 'user_id': {'type': 'string', 'set_by': 'sender', 'max_length': 128},
 'session_id': {'type': 'string', 'set_by': 'sender', 'max_length': 128},
 'product_id': {'type': 'string', 'set_by': 'sender', 'max_length': 128},
 'category_id': {'type': 'string', 'set_by': 'sender', 'max_length': 128},
 'category': {'type': 'string', 'set_by': 'sender', 'max_length': 256},
 'brand': {'type': 'string', 'set_by': 'sender', 'max_length': 128},
 'price': {'type': 'number', 'set_by': 'sender', 'digits': 18, 'scale': 4},
 'quantity': {'type': 'integer', 'set_by': 'sender', 'minimum': 0, 'maximum': 2147483647},
 'currency': {'type': 'string', 'set_by': 'sender', 'max_length': 3, 'pattern': '^[A-Z]{3}$'},
 'order_id': {'type': 'string', 'set_by': 'sender', 'max_length': 128},
 'items': {'type': 'array',
           'set_by': 'sender',
           'max_items': 100,
           'fields': {'product_id': {'type': 'string', 'set_by': 'sender', 'required': True, 'max_length': 128},
                      'quantity': {'type': 'integer',
                                   'set_by': 'sender',
                                   'minimum': 0,
                                   'maximum': 2147483647,
                                   'required': True},
                      'price': {'type': 'number', 'set_by': 'sender', 'digits': 18, 'scale': 4, 'required': True}}},
 'search_text': {'type': 'string', 'set_by': 'sender', 'max_length': 256},
 'url': {'type': 'string', 'set_by': 'sender', 'max_length': 2048},
 'referrer': {'type': 'string', 'set_by': 'sender', 'max_length': 2048},
 'campaign': {'type': 'string', 'set_by': 'sender', 'max_length': 128},
 'consent': {'type': 'boolean', 'set_by': 'sender'},
 'email': {'type': 'string', 'set_by': 'sender', 'max_length': 320, 'treatment': 'hash'},
 'name': {'type': 'string', 'set_by': 'sender', 'max_length': 256, 'treatment': 'drop'},
 'first_name': {'type': 'string', 'set_by': 'sender', 'max_length': 256, 'treatment': 'drop'},
 'last_name': {'type': 'string', 'set_by': 'sender', 'max_length': 256, 'treatment': 'drop'},
 'phone': {'type': 'string', 'set_by': 'sender', 'max_length': 64, 'treatment': 'drop'},
 'address': {'type': 'string', 'set_by': 'sender', 'max_length': 1024, 'treatment': 'drop'},
 'email_hash': {'type': 'string', 'set_by': 'ingest', 'max_length': 64},
 'ip': {'type': 'string', 'set_by': 'ingest', 'max_length': 45},
 'received_at': {'type': 'timestamp', 'set_by': 'ingest', 'required': True},
 'key': {'type': 'string', 'set_by': 'ingest', 'required': True, 'choices': ('publishable', 'server')},
 'flags': {'type': 'array', 'set_by': 'ingest', 'required': True}}
REQUIRED: tuple[str, ...] = ('event_type', 'event_time')
REQUIRES: dict[str, tuple[str, ...]] = {'view': ('product_id',),
 'cart': ('product_id',),
 'remove_from_cart': ('product_id',),
 'stock': ('product_id', 'quantity'),
 'order': ('order_id',),
 'refund': ('order_id',)}
SERVER_TYPES: frozenset[str] = frozenset(['order', 'refund', 'stock'])
PSEUDONYMS: tuple[str, ...] = ('user_id', 'session_id', 'email_hash', 'ip')
VERSIONS: tuple[str, ...] = ('1.0', '1.1')
NEWEST: str = '1.1'
