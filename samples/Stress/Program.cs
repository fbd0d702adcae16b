using var server = new Garnet.GarnetServer(args);
server.Start();
Console.WriteLine("up");
while (Console.ReadLine() is not null) { }
