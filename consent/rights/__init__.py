"""What people may ask for: access, export, restriction, erasure. The requests, their clocks and their trail.

    forms      under which texts a person may stand in tables: raw, and hashed with every live key    (pure)
    deadlines  until when a request must be answered, by law                                          (pure)
    requests   open · verify · extend · deny · begin · finish · find: states and what may follow       (store)
    work       ask · claim · progress · end: what officers ask of whoever owns the tables              (store)

Who does the work stands above: `warehouse/erase` and `warehouse/people.py` know the tables, `consent.admin.people` the
ledger and the gate. A request never holds a raw mail address or phone number: at intake it becomes what the tables
hold.
"""
