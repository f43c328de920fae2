-- The database of the story: airports as reference data, and the table the job fills.
CREATE TABLE airports (
    Iata      varchar(8) PRIMARY KEY,
    Name      varchar(80),
    City      varchar(80),
    State     varchar(8),
    Country   varchar(40),
    Latitude  float,
    Longitude float
);

CREATE TABLE delays_by_state (
    State        varchar(8) NOT NULL,
    WindowEnd    varchar(28) NOT NULL,
    Departures   bigint NOT NULL,
    AverageDelay float,
    WorstDelay   bigint,
    Late         bigint NOT NULL
);
