namespace Rooms { }
